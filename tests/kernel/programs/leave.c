/* SPDX-License-Identifier: BSD-2-Clause */
/* Exits at once with its second argument; the first one tells the runs apart. */
#include <stdlib.h>

int main(int argc, char **argv)
{
	return argc > 2 ? atoi(argv[2]) : 0;
}
