//! A counter: its functions. The entry is made from the ABI.
const abi = @import("NAME_abi");

const slot = abi.Word{ .bytes = @splat(0) };

fn store(number: u64) u64 {
    abi.storage_store_uint64(&slot, number);
    abi.emit_Counted(number);
    return number;
}

export fn count() u64 {
    return abi.storage_load_uint64(&slot);
}

export fn increment() u64 {
    return store(count() + 1);
}

export fn decrement() u64 {
    const number = count();
    if (number == 0) abi.revert_Empty();
    return store(number - 1);
}

pub const panic = @import("std").debug.no_panic;
