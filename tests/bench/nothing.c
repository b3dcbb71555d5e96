/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The smallest program there is: a C library would cost more than what is measured.
 */
#include <asm/unistd.h>

__attribute__((noreturn)) void _start(void);

__attribute__((noreturn)) void _start(void)
{
	for (;;) {
#if defined(__x86_64__)
		__asm__ volatile("syscall"
				 :
				 : "a"(__NR_exit_group), "D"(0)
				 : "rcx", "r11", "memory");
#else
		register long number __asm__("x8") = __NR_exit_group;
		register long code __asm__("x0") = 0;

		__asm__ volatile("svc 0" : : "r"(number), "r"(code) : "memory");
#endif
	}
}
