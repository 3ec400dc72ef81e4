"""Runner of the published Stylus vectors."""
