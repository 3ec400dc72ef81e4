"""What a contract's schema says of its messages and answers, in each of its forms."""
