"""What the JSON looks like, in and out; the contract in openapi.yaml is made from these declarations."""
