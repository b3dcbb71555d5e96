# SPDX-License-Identifier: BSD-2-Clause
# docs/options.md, which is made from the table of options, as the page of the configuration file.
# usage: awk -v version=V -f options.awk < docs/options.md

function plain(text) {
	gsub(/\[[^]]*\]\([^)]*\)/, "&\001", text)
	while (match(text, /\[[^]]*\]\([^)]*\)\001/)) {
		link = substr(text, RSTART, RLENGTH)
		words = link
		sub(/^\[/, "", words)
		sub(/\]\(.*/, "", words)
		# Where the package puts them.
		sub(/^config\/auditship/, "/etc/auditship/auditship", words)
		sub(/^config\/examples/, "/usr/share/doc/auditship/examples", words)
		text = substr(text, 1, RSTART - 1) words substr(text, RSTART + RLENGTH)
	}
	gsub(/\\\|/, "|", text)
	gsub(/[`]|\*\*/, "", text)
	gsub(/\\/, "\\e", text)
	gsub(/-/, "\\-", text)
	if (text ~ /^[.']/)
		text = "\\&" text
	return text
}

function row(line,    cells, count) {
	gsub(/\\\|/, "\002", line)
	count = split(line, cells, / *\| */)
	gsub(/\002/, "|", cells[3]); gsub(/\002/, "|", cells[4]); gsub(/\002/, "|", cells[5])
	print ".TP"
	print ".B " plain(cells[2])
	if (count < 6) { # two columns: what is written, what it becomes
		print plain(cells[3])
		return
	}
	print plain(cells[5])
	print ".br"
	print plain("Value: " cells[3] ".")
	print ".br"
	print plain("Default: " cells[4] ".")
}

BEGIN {
	printf ".TH AUDITSHIP.YAML 5 \"\" \"auditship %s\" \"File Formats\"\n", version
	print ".SH NAME"
	print "auditship.yaml \\- configuration of auditship(8)"
	print ".SH DESCRIPTION"
	fresh = 1
}
/^# / { next }
/^Generated from/ { skip = 1 }
skip { if (/^$/) skip = 0; next }
/^#+ / { sub(/^#+ /, ""); print ".SH " toupper(plain($0)); blank = 0; fresh = 1; next }
/^```/ { code = !code; print code ? ".nf" : ".fi"; next }
code { print plain($0); next }
/^\|[-|]+$/ || /^\| (option|written) \|/ { next }
/^\| `/ { row($0); next }
/^$/ { blank = 1; next }
/^[-*] / { sub(/^[-*] /, ""); print ".IP \\(bu 2"; blank = 0 }
{
	sub(/^  /, "")
	if (blank && !fresh && NR > 3)
		print ".PP"
	blank = fresh = 0
	print plain($0)
}
END {
	print ".SH FILES"
	print ".TP"
	print ".I /etc/auditship/auditship.yaml"
	print "The file, with every option and its default as installed."
	print ".TP"
	print ".I /etc/auditship/conf.d/*.yaml"
	print "Drop\\-ins, read in the order of their names."
	print ".SH SEE ALSO"
	print ".BR auditship (8),"
	print ".BR auditship\\-check (8)"
}
