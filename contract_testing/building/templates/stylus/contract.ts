// A counter.
@external("vm_hooks", "read_args") declare function read_args(to: usize): void;
@external("vm_hooks", "write_result") declare function write_result(data: usize, length: i32): void;
@external("vm_hooks", "storage_load_bytes32") declare function storage_load(key: usize, value: usize): void;
@external("vm_hooks", "storage_cache_bytes32") declare function storage_cache(key: usize, value: usize): void;
@external("vm_hooks", "storage_flush_cache") declare function storage_flush_cache(clear: i32): void;
@external("vm_hooks", "emit_log") declare function emit_log(data: usize, length: i32, topics: i32): void;
@external("vm_hooks", "pay_for_memory_grow") declare function pay_for_memory_grow(pages: i32): void;

const DATA = memory.data(64);
const SLOT = memory.data(32);
// The topic of Counted(uint64), and the word after it.
const LOG = memory.data<u8>([COUNTED, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
const WORD = LOG + 32;
const EMPTY = memory.data<u8>([EMPTY]);

function load_count(): u64 {
  storage_load(SLOT, WORD);
  return bswap<u64>(load<u64>(WORD, 24));
}

function finish(): i32 {
  write_result(WORD, 32);
  return 0;
}

function store_count(count: u64): i32 {
  store<u64>(WORD, bswap<u64>(count), 24);
  storage_cache(SLOT, WORD);
  storage_flush_cache(0);
  emit_log(LOG, 64, 1);
  return finish();
}

function decrement(count: u64): i32 {
  if (count == 0) {
    write_result(EMPTY, 4);
    return 1;
  }
  return store_count(count - 1);
}

export function user_entrypoint(length: i32): i32 {
  pay_for_memory_grow(0);
  if (length < 4 || length > 64) return 1;
  read_args(DATA);
  switch (bswap<u32>(load<u32>(DATA))) {
    case 0xd09de08a: return store_count(load_count() + 1); // increment()
    case 0x2baeceb7: return decrement(load_count()); // decrement()
    case 0x06661abd: { load_count(); return finish(); } // count()
    default: return 1;
  }
}
