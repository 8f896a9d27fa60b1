"""Components, style sheet, icons, base pages and charts."""
