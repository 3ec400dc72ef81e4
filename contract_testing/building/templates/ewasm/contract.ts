// A counter.
@external("ethereum", "getCallDataSize") declare function getCallDataSize(): i32;
@external("ethereum", "callDataCopy") declare function callDataCopy(to: usize, offset: i32, length: i32): void;
@external("ethereum", "storageLoad") declare function storageLoad(key: usize, value: usize): void;
@external("ethereum", "storageStore") declare function storageStore(key: usize, value: usize): void;
@external("ethereum", "log") declare function log(data: usize, length: i32, topics: i32, topic1: usize, topic2: usize, topic3: usize, topic4: usize): void;
@external("ethereum", "finish") declare function finish(data: usize, length: i32): void;
@external("ethereum", "revert") declare function revert(data: usize, length: i32): void;

const DATA = memory.data(4);
const SLOT = memory.data(32);
const WORD = memory.data(32);
const COUNTED = memory.data<u8>([COUNTED]);
const EMPTY = memory.data<u8>([EMPTY]);

function load_count(): u64 {
  storageLoad(SLOT, WORD);
  return bswap<u64>(load<u64>(WORD, 24));
}

function store_count(count: u64): void {
  store<u64>(WORD, bswap<u64>(count), 24);
  storageStore(SLOT, WORD);
  log(WORD, 32, 1, COUNTED, 0, 0, 0);
  finish(WORD, 32);
}

function decrement(count: u64): void {
  if (count == 0) revert(EMPTY, 4);
  store_count(count - 1);
}

export function main(): void {
  if (getCallDataSize() >= 4) callDataCopy(DATA, 0, 4);
  switch (bswap<u32>(load<u32>(DATA))) {
    case 0xd09de08a: { store_count(load_count() + 1); break; } // increment()
    case 0x2baeceb7: { decrement(load_count()); break; } // decrement()
    case 0x06661abd: { load_count(); finish(WORD, 32); break; } // count()
    default: revert(0, 0);
  }
}
