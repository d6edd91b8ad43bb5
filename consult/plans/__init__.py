"""The annual consultation plan (年度协商计划): a unit's topics of a year, planned against held."""
