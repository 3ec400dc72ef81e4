//! A counter.
#![no_std]
#![no_main]

#[link(wasm_import_module = "vm_hooks")]
extern "C" {
    fn read_args(to: *mut u8);
    fn write_result(data: *const u8, length: u32);
    fn storage_load_bytes32(key: *const u8, value: *mut u8);
    fn storage_cache_bytes32(key: *const u8, value: *const u8);
    fn storage_flush_cache(clear: u32);
    fn emit_log(data: *const u8, length: u32, topics: u32);
    fn pay_for_memory_grow(pages: u32);
}

const SLOT: [u8; 32] = [0; 32];
const COUNTED: [u8; 32] = [COUNTED];
const EMPTY: [u8; 4] = [EMPTY];

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

fn load() -> u64 {
    let mut word = [0u8; 32];
    unsafe { storage_load_bytes32(SLOT.as_ptr(), word.as_mut_ptr()) };
    let mut low = [0u8; 8];
    low.copy_from_slice(&word[24..]);
    u64::from_be_bytes(low)
}

fn finish(number: u64) -> u32 {
    let mut word = [0u8; 32];
    word[24..].copy_from_slice(&number.to_be_bytes());
    unsafe { write_result(word.as_ptr(), 32) };
    0
}

fn store(number: u64) -> u32 {
    let mut topic_and_data = [0u8; 64];
    topic_and_data[..32].copy_from_slice(&COUNTED);
    topic_and_data[56..].copy_from_slice(&number.to_be_bytes());
    unsafe {
        storage_cache_bytes32(SLOT.as_ptr(), topic_and_data[32..].as_ptr());
        storage_flush_cache(0);
        emit_log(topic_and_data.as_ptr(), 64, 1);
    }
    finish(number)
}

fn decrement(number: u64) -> u32 {
    if number == 0 {
        unsafe { write_result(EMPTY.as_ptr(), 4) };
        return 1;
    }
    store(number - 1)
}

#[no_mangle]
pub extern "C" fn user_entrypoint(length: u32) -> u32 {
    let mut data = [0u8; 64];
    unsafe { pay_for_memory_grow(0) };
    if length < 4 || length > 64 {
        return 1;
    }
    unsafe { read_args(data.as_mut_ptr()) };
    match u32::from_be_bytes([data[0], data[1], data[2], data[3]]) {
        0xd09de08a => store(load() + 1), // increment()
        0x2baeceb7 => decrement(load()), // decrement()
        0x06661abd => finish(load()),    // count()
        _ => 1,
    }
}
