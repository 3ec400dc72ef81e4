"""The 42 functions of `vm_hooks`, a row each, and those of debug chains."""

from contractvm.hosts.interface import func_type
TYPES = {}
def function(name, params, results="", module="vm_hooks"):
    TYPES[module, name]=func_type(params, results)
for line in """read_args i
write_result ii
exit_early i
storage_load_bytes32 ii
storage_cache_bytes32 ii
storage_flush_cache i
transient_load_bytes32 ii
transient_store_bytes32 ii
call_contract iiiiIi i
delegate_call_contract iiiIi i
static_call_contract iiiIi i
create1 iiiii
create2 iiiiii
read_return_data iii i
return_data_size . i
emit_log iii
account_balance ii
account_code iiii i
account_code_size i i
account_codehash ii
evm_gas_left . I
evm_ink_left . I
block_basefee i
block_coinbase i
chainid . I
block_gas_limit . I
block_number . I
block_timestamp . I
contract_address i
msg_sender i
tx_origin i
msg_value i
tx_gas_price i
msg_reentrant . i
tx_ink_price . i
math_div ii
math_mod ii
math_pow ii
math_add_mod iii
math_mul_mod iii
native_keccak256 iii
pay_for_memory_grow i""".splitlines():
    n,p,*r=line.split()
    function(n, p.replace(".",""), r[0] if r else "")
