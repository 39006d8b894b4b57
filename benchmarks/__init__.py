"""What the service costs, measured beside an empty answer and beside a plainly written peer (docs/performance.md)."""
