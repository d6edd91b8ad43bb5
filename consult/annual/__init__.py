"""The year's report of a unit (年度工作总结): its figures, each with its rows, and a draft text."""
