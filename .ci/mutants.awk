# Count mutmut's results for each module: what the tests saw (killed, or made endless) of what was tried.
/: not checked$/ { next }
/__mutmut_/ {
  module = $1
  sub(/\.[^.]*__mutmut_.*/, "", module)
  tried[module]++
  if ($0 ~ /: (killed|timeout|segfault)$/) seen[module]++
}
END {
  for (module in tried)
    printf "%-32s %3d of %3d killed, %3.0f %%\n", module, seen[module], tried[module], 100 * seen[module] / tried[module]
}
