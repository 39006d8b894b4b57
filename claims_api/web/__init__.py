"""What every view leans on: parsing, keys, transactions, answers, problems, the contract."""
