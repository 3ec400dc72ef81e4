;; Nothing to charge; the stack height counts all the same.
(module
  (func (export "f")))
