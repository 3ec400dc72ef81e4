"""Which modules ewasm accepts (ewasm reference, section 2.1), as a profile."""
