# SPDX-License-Identifier: BSD-2-Clause
# What a guest's log says: what failed with its output, then a last line
# "RELEASE PASSED FAILED SKIPPED SECONDS", by the cases of the test programs.
BEGIN { release = "?"; passed = failed = skipped = seconds = 0 }
{ sub(/\r$/, "") }
/^@release / { release = $2 }
/^@fact / { sub(/^@fact /, ""); print "  note: " $0 }
/^@begin / {
	name = $2; text = ""; cases = bad = 0; result = 0
	next
}
/^@end / {
	seconds += $4
	if ($3 == 77) {
		skipped++
		print "  skipped: " name "\n" text
	} else if ($3 != 0) {
		if (!bad)
			failed++ # it ended in another way than by a failed case
		print "  failed: " name " (status " $3 ")\n" text
	} else if (cases == 0) {
		failed++
		print "  failed: " name " ran no case"
	}
	name = ""
	next
}
name == "" { next }
{ text = text "    | " $0 "\n" }
/^\[==========\] .*Running/ { listing = 0 }
/^\[==========\] .* run\.?$/ { listing = 1 } # what failed is listed once more
listing { next }
/^\[ +OK \]/ { passed++; cases++ }
/^\[  FAILED  \]/ { failed++; cases++; bad++ }
/^\[  SKIPPED \]/ {
	skipped++; cases++
	print "  skipped: " name ": " $4 (why == "" ? "" : ": " why)
}
{ why = /^not tested: / ? substr($0, 13) : /^\[ RUN/ ? "" : why }
END {
	if (name != "") {
		failed++
		print "  failed: " name " did not end\n" text
	}
	print release, passed, failed, skipped, seconds
}
