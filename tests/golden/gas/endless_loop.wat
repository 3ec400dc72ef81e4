;; Each turn is paid, and nothing behind the loop is reached.
(module
  (func (export "f")
    loop
      br 0
    end
    nop))
