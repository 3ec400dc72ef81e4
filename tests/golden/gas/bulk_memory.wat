;; One added func for each price: copy and init share theirs.
(module
  (memory 1)
  (data "contract")
  (func (export "f") (param i32 i32 i32)
    local.get 0
    local.get 1
    local.get 2
    memory.copy
    local.get 0
    local.get 1
    local.get 2
    memory.fill
    local.get 0
    local.get 1
    local.get 2
    memory.init 0
    data.drop 0))
