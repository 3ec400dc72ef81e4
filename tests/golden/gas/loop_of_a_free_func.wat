;; Nothing here costs anything, so there is no charge, and no local for the counter.
(module
  (func (export "f")
    loop
      nop
    end))
