/**
 * Sections and symbols of an ELF file: what tools show (the disassembler, reports of crashes), not what exec
 * loads. A file is never trusted: what lies outside it is not there.
 */
import { ELF_HEADER_BYTES, isElf } from './elf.ts';

export interface ElfSection {
  readonly name: string;
  readonly type: number;
  readonly address: number;
  readonly size: number;
  /** Has instructions. */
  readonly executable: boolean;
  /** Its bytes; empty for sections without (.bss). */
  readonly bytes: Uint8Array;
  /** Index of the section that goes with it: a symbol table's names. */
  readonly link: number;
}

export interface ElfSymbol {
  readonly name: string;
  readonly address: number;
  /** 0: unknown. */
  readonly size: number;
  readonly kind: 'function' | 'object' | 'label';
  readonly global: boolean;
}

const SECTION_BYTES = 64;
const SYMBOL_BYTES = 24;
const SectionType = { symbols: 2, empty: 8, dynamicSymbols: 11 } as const;
const EXECUTABLE = 4;
/** Sections and symbols of one file that are looked at. */
const SECTIONS_MAX = 65536;
const SYMBOLS_MAX = 4_000_000;

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** 64 bits; what is above 2^53 is nowhere in a file or address space of ours. */
const u64 = (view: DataView, at: number): number => Number(view.getBigUint64(at, true));

/** Part of a file; what is outside is left out. */
function part(file: Uint8Array, offset: number, size: number): Uint8Array {
  return offset < file.length
    ? file.subarray(offset, Math.min(file.length, offset + size))
    : new Uint8Array(0);
}

/** The string that begins at `at` in a string table. */
function stringAt(table: Uint8Array, at: number): string {
  if (at >= table.length) return '';
  const end = table.indexOf(0, at);
  return Buffer.from(table.subarray(at, end < 0 ? table.length : end)).toString('utf8');
}

/** The sections of a file, in its order (the first is empty). None, when it is no 64-bit ELF file. */
export function elfSections(file: Uint8Array): ElfSection[] {
  if (file.length < ELF_HEADER_BYTES || !isElf(file) || file[4] !== 2 || file[5] !== 1) return [];
  const header = viewOf(file);
  const count = Math.min(header.getUint16(60, true), SECTIONS_MAX);
  const table = part(file, u64(header, 40), count * SECTION_BYTES);
  const view = viewOf(table);
  const sections: (ElfSection & { nameAt: number })[] = [];
  for (let at = 0; at + SECTION_BYTES <= table.length; at += SECTION_BYTES) {
    const type = view.getUint32(at + 4, true);
    const size = u64(view, at + 32);
    sections.push({
      name: '',
      nameAt: view.getUint32(at, true),
      type,
      address: u64(view, at + 16),
      size,
      executable: (u64(view, at + 8) & EXECUTABLE) !== 0,
      bytes: type === SectionType.empty ? new Uint8Array(0) : part(file, u64(view, at + 24), size),
      link: view.getUint32(at + 40, true),
    });
  }
  const names = sections[header.getUint16(62, true)]?.bytes ?? new Uint8Array(0);
  return sections.map(({ nameAt, ...section }) => ({ ...section, name: stringAt(names, nameAt) }));
}

const KINDS: readonly (ElfSymbol['kind'] | undefined)[] = ['label', 'object', 'function'];

/** Names that the assembler makes ($x marks where instructions begin), which say nothing. */
const isMark = (name: string): boolean => name === '' || name.startsWith('$') || name.startsWith('.L');

/**
 * The symbols that have an address, by address; the fullest table of the file counts (.symtab, else .dynsym).
 */
export function elfSymbols(file: Uint8Array): ElfSymbol[] {
  const sections = elfSections(file);
  const table =
    sections.find(({ type }) => type === SectionType.symbols) ??
    sections.find(({ type }) => type === SectionType.dynamicSymbols);
  if (!table) return [];
  const names = sections[table.link]?.bytes ?? new Uint8Array(0);
  const view = viewOf(table.bytes);
  const symbols: ElfSymbol[] = [];
  const end = Math.min(table.bytes.length, SYMBOLS_MAX * SYMBOL_BYTES);
  for (let at = 0; at + SYMBOL_BYTES <= end; at += SYMBOL_BYTES) {
    const info = view.getUint8(at + 4);
    const kind = KINDS[info & 15];
    const section = view.getUint16(at + 6, true);
    if (kind === undefined || section === 0 || section >= sections.length) continue;
    const name = stringAt(names, view.getUint32(at, true));
    if (isMark(name)) continue;
    symbols.push({
      name,
      address: u64(view, at + 8),
      size: u64(view, at + 16),
      kind,
      global: info >> 4 !== 0,
    });
  }
  return symbols.sort((a, b) => a.address - b.address || rank(b) - rank(a));
}

/** Of several names for one address the one to show. */
const rank = ({ kind, global }: ElfSymbol): number => (kind === 'function' ? 2 : 0) + (global ? 1 : 0);

/** Symbols by address, to be asked for the one that an address belongs to. */
export class SymbolTable {
  readonly symbols: readonly ElfSymbol[];

  /** `symbols` as `elfSymbols` gives them. */
  constructor(symbols: readonly ElfSymbol[]) {
    this.symbols = symbols;
  }

  /** The last symbol at or below an address, unless the address is behind its end. */
  at(address: number): ElfSymbol | undefined {
    let low = 0;
    let high = this.symbols.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.symbols[middle]!.address <= address) low = middle + 1;
      else high = middle;
    }
    let index = low - 1;
    // The first of those with this address is the one to show.
    while (index > 0 && this.symbols[index - 1]!.address === this.symbols[index]!.address) index--;
    const symbol = this.symbols[index];
    if (!symbol || (symbol.size > 0 && address >= symbol.address + symbol.size)) return undefined;
    return symbol;
  }

  named(name: string): ElfSymbol | undefined {
    return this.symbols.find((symbol) => symbol.name === name);
  }

  /** `main+0x1c`; undefined where no symbol is. */
  text(address: number): string | undefined {
    const symbol = this.at(address);
    if (!symbol) return undefined;
    const offset = address - symbol.address;
    return offset === 0 ? symbol.name : `${symbol.name}+0x${offset.toString(16)}`;
  }
}
