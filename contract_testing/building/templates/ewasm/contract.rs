//! A counter.
#![no_std]
#![no_main]

#[link(wasm_import_module = "ethereum")]
extern "C" {
    fn getCallDataSize() -> u32;
    fn callDataCopy(to: *mut u8, offset: u32, length: u32);
    fn storageLoad(key: *const u8, value: *mut u8);
    fn storageStore(key: *const u8, value: *const u8);
    fn log(data: *const u8, length: u32, topics: u32, topic1: *const u8, topic2: u32, topic3: u32, topic4: u32);
    fn finish(data: *const u8, length: u32) -> !;
    fn revert(data: *const u8, length: u32) -> !;
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
    unsafe { storageLoad(SLOT.as_ptr(), word.as_mut_ptr()) };
    let mut low = [0u8; 8];
    low.copy_from_slice(&word[24..]);
    u64::from_be_bytes(low)
}

fn word_of(number: u64) -> [u8; 32] {
    let mut word = [0u8; 32];
    word[24..].copy_from_slice(&number.to_be_bytes());
    word
}

fn store(number: u64) -> ! {
    let word = word_of(number);
    unsafe {
        storageStore(SLOT.as_ptr(), word.as_ptr());
        log(word.as_ptr(), 32, 1, COUNTED.as_ptr(), 0, 0, 0);
        finish(word.as_ptr(), 32)
    }
}

fn decrement(number: u64) -> ! {
    if number == 0 {
        unsafe { revert(EMPTY.as_ptr(), 4) }
    }
    store(number - 1)
}

#[export_name = "main"]
pub extern "C" fn contract_main() {
    let mut selector = [0u8; 4];
    unsafe {
        if getCallDataSize() >= 4 {
            callDataCopy(selector.as_mut_ptr(), 0, 4);
        }
    }
    match u32::from_be_bytes(selector) {
        0xd09de08a => store(load() + 1),    // increment()
        0x2baeceb7 => decrement(load()),    // decrement()
        0x06661abd => unsafe { finish(word_of(load()).as_ptr(), 32) }, // count()
        _ => unsafe { revert(selector.as_ptr(), 0) },
    }
}
