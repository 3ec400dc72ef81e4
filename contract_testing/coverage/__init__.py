"""Coverage of contracts: how often the instructions of a deployed module ran."""
