//! A counter.
extern "ethereum" fn getCallDataSize() u32;
extern "ethereum" fn callDataCopy(to: *[4]u8, offset: u32, length: u32) void;
extern "ethereum" fn storageLoad(key: *const [32]u8, value: *[32]u8) void;
extern "ethereum" fn storageStore(key: *const [32]u8, value: *const [32]u8) void;
extern "ethereum" fn log(data: *const [32]u8, length: u32, topics: u32, topic1: *const [32]u8, topic2: usize, topic3: usize, topic4: usize) void;
extern "ethereum" fn finish(data: *const [32]u8, length: u32) noreturn;
extern "ethereum" fn revert(data: *const [4]u8, length: u32) noreturn;
const std = @import("std");

const slot: [32]u8 = @splat(0);
const counted = [32]u8{COUNTED};
const empty = [4]u8{EMPTY};

fn load() u64 {
    var word: [32]u8 = undefined;
    storageLoad(&slot, &word);
    return std.mem.readInt(u64, word[24..32], .big);
}

fn wordOf(number: u64) [32]u8 {
    var word: [32]u8 = @splat(0);
    std.mem.writeInt(u64, word[24..32], number, .big);
    return word;
}

fn store(number: u64) noreturn {
    const word = wordOf(number);
    storageStore(&slot, &word);
    log(&word, 32, 1, &counted, 0, 0, 0);
    finish(&word, 32);
}

fn decrement(number: u64) noreturn {
    if (number == 0) revert(&empty, 4);
    store(number - 1);
}

export fn main() void {
    var selector: [4]u8 = @splat(0);
    if (getCallDataSize() >= 4) callDataCopy(&selector, 0, 4);
    switch (std.mem.readInt(u32, &selector, .big)) {
        0xd09de08a => store(load() + 1), // increment()
        0x2baeceb7 => decrement(load()), // decrement()
        0x06661abd => finish(&wordOf(load()), 32), // count()
        else => revert(&selector, 0),
    }
}

pub const panic = std.debug.no_panic;
