"""Read what /metrics says."""

from prometheus_client.parser import text_string_to_metric_families


def value(exposition: str, name: str, **labels: str) -> float:
    """Return the sum of the series of this name that have these labels."""
    samples = [sample for family in text_string_to_metric_families(exposition) for sample in family.samples]
    return sum(each.value for each in samples if each.name == name and labels.items() <= each.labels.items())
