"""The Stylus host interface: `vm_hooks`, 42 functions, metered in ink."""
