# SPDX-License-Identifier: BSD-2-Clause
# The text of `auditship COMMAND --help` as a manual page: what is there is what the program says.
# usage: awk -v name=auditship-run -v section=8 -v version=V -v summary=S -f page.awk < TEXT

function escaped(text) {
	gsub(/\\/, "\\e", text)
	gsub(/-/, "\\-", text)
	if (text ~ /^[.']/)
		text = "\\&" text
	return text
}

function out(text) { print escaped(text) }

# Text behind two spaces or more belongs to the word or option before them.
function entry(line,    term, rest, at) {
	sub(/^ +/, "", line)
	at = match(line, /  +/)
	term = at ? substr(line, 1, at - 1) : line
	rest = at ? substr(line, at + RLENGTH) : ""
	print ".TP"
	print ".B " escaped(term)
	if (rest != "")
		out(rest)
}

BEGIN {
	printf ".TH %s %s \"\" \"auditship %s\" \"System Administration\"\n", toupper(name), section, version
	print ".SH NAME"
	printf "%s \\- %s\n", escaped(name), escaped(summary)
	state = "top"
}

/^usage: / { print ".SH SYNOPSIS"; print ".nf"; state = "usage"; sub(/^usage: /, "") ; out($0); next }
state == "usage" && /^ +/ { sub(/^ +/, ""); out($0); next }
state == "usage" { print ".fi"; print ".SH DESCRIPTION"; state = "text"; next }
state == "top" { next }
/^$/ { if (verbatim) print ".fi"; verbatim = 0; blank = 1; next }
/^[a-z][^.]*:$/ {
	title = $0
	sub(/:$/, "", title)
	remark = ""
	if (match(title, / *\(.*\)$/)) {
		remark = substr(title, RSTART)
		title = substr(title, 1, RSTART - 1)
		gsub(/^ *\(|\)$/, "", remark)
	}
	print ".SH " toupper(title)
	if (remark != "")
		out(toupper(substr(remark, 1, 1)) substr(remark, 2) ".")
	state = title
	blank = 0
	next
}
/^  / && state == "examples" {
	if (!verbatim) { print ".nf"; verbatim = 1 }
	sub(/^  /, "")
	out($0)
	next
}
/^ +-/ && state == "text" { print ".SH OPTIONS"; state = "options" }
/^          / && state != "text" { sub(/^ +/, ""); out($0); next }
/^  / { entry($0); blank = 0; next }
blank {
	if (state != "text" && state != "after") { print ".SH NOTES"; state = "after" }
	else print ".PP"
	blank = 0
}
{ out($0) }
END { if (verbatim) print ".fi" }
