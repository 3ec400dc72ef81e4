;; The block around the body needs a type of its own, appended behind the others.
(module
  (func (export "f") (param i32) (result i32 i64)
    local.get 0
    i64.const 2
    local.get 0
    br_if 0
    return))
