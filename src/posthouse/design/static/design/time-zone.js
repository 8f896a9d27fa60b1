/* Proposes the browser's time zone in a select that has none chosen. Without it the person chooses by hand. */
for (const select of document.querySelectorAll("select[data-detect-time-zone]")) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!select.value && [...select.options].some((option) => option.value === zone)) select.value = zone;
}
