"""Gas recordings and reports of calls: quantities, priced by a schedule."""
