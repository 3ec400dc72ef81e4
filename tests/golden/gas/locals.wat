;; Declared locals cost with the first block; parameters do not.
(module
  (func (export "f") (param i64)
    (local i32 i32 i64)
    loop
    end))
