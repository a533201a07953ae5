/**
 * What Linux programs are told of the system. C libraries refuse kernels older than they were built for, so
 * the release is that of a Linux whose interface this is; the version says what it really is.
 */
export const LINUX_NAME = {
  sysname: 'Linux',
  release: '6.6.0-chorus',
  version: '#1 SMP Chorus/MiX',
  machine: 'riscv64',
} as const;
