"""Reading: Core statements, a fixed number for each question, that give rows and no entities."""
