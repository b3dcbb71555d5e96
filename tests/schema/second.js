// SPDX-License-Identifier: BSD-2-Clause
// A second opinion: ajv. usage: node second.js SCHEMA FILE... Exit 77: it is not installed.
// Debian's ajv knows draft 7; our schemas use nothing that it has not.
"use strict";
const fs = require("fs");
let Ajv;
try {
	Ajv = require("ajv");
} catch (gone) {
	Ajv = null;
}
if (!Ajv) {
	console.log("SKIPPED: ajv (package node-ajv) is not installed");
	process.exit(process.env.CI ? 1 : 77);
}
const schema = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
delete schema.$schema;
const validate = new (Ajv.default || Ajv)({allErrors: true}).compile(schema);
let events = 0, faults = 0;
for (const name of process.argv.slice(3)) {
	fs.readFileSync(name, "utf8").split("\n").filter((line) => line).forEach((line, index) => {
		events++;
		if (validate(JSON.parse(line)))
			return;
		faults++;
		if (faults < 10)
			console.log(name + ":" + (index + 1) + ": " + JSON.stringify(validate.errors[0]));
	});
}
console.log("ajv: checked " + events + " events, " + faults + " faulty");
process.exit(faults || !events ? 1 : 0);
