"""What clients are told of changes: log filters, polled filters, subscriptions."""
