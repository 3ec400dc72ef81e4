"""Binary format (spec chapter 5): bytes to module and back."""
