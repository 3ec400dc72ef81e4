//! A counter.
extern "vm_hooks" fn read_args(to: *[64]u8) void;
extern "vm_hooks" fn write_result(data: [*]const u8, length: u32) void;
extern "vm_hooks" fn storage_load_bytes32(key: *const [32]u8, value: *[32]u8) void;
extern "vm_hooks" fn storage_cache_bytes32(key: *const [32]u8, value: *const [32]u8) void;
extern "vm_hooks" fn storage_flush_cache(clear: u32) void;
extern "vm_hooks" fn emit_log(data: *const [64]u8, length: u32, topics: u32) void;
extern "vm_hooks" fn pay_for_memory_grow(pages: u32) void;
const std = @import("std");

const slot: [32]u8 = @splat(0);
const counted = [32]u8{COUNTED};
const empty = [4]u8{EMPTY};

fn load() u64 {
    var word: [32]u8 = undefined;
    storage_load_bytes32(&slot, &word);
    return std.mem.readInt(u64, word[24..32], .big);
}

fn finish(number: u64) u32 {
    var word: [32]u8 = @splat(0);
    std.mem.writeInt(u64, word[24..32], number, .big);
    write_result(&word, 32);
    return 0;
}

fn store(number: u64) u32 {
    var topicAndData: [64]u8 = @splat(0);
    std.mem.writeInt(u64, topicAndData[56..64], number, .big);
    storage_cache_bytes32(&slot, topicAndData[32..64]);
    storage_flush_cache(0);
    @memcpy(topicAndData[0..32], &counted);
    emit_log(&topicAndData, 64, 1);
    return finish(number);
}

fn decrement(number: u64) u32 {
    if (number == 0) {
        write_result(&empty, 4);
        return 1;
    }
    return store(number - 1);
}

export fn user_entrypoint(length: u32) u32 {
    var data: [64]u8 = @splat(0);
    pay_for_memory_grow(0);
    if (length < 4 or length > 64) return 1;
    read_args(&data);
    return switch (std.mem.readInt(u32, data[0..4], .big)) {
        0xd09de08a => store(load() + 1), // increment()
        0x2baeceb7 => decrement(load()), // decrement()
        0x06661abd => finish(load()), // count()
        else => 1,
    };
}

pub const panic = std.debug.no_panic;
