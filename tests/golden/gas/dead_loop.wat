;; A loop and a call in code that is not reached: no charge, no local for the counter.
(module
  (func $f (export "f")
    return
    loop
      call $f
      br 0
    end))
