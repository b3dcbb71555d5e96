/* SPDX-License-Identifier: BSD-2-Clause */
/* One loop for both formats: read a block, let the library turn it over, write what comes out. */
#include "sink/pack.h"

#include "base/io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#define BLOCK_SIZE (128 * 1024)
#define GZIP_WINDOW (15 + 16) /* deflateInit2: the largest window, in the format of gzip */

struct packer {
	int in, out;
	const atomic_bool *stop;
	z_stream gzip;
	ZSTD_CCtx *zstd;
	struct err *err;
	char input[BLOCK_SIZE], output[BLOCK_SIZE];
};

static int write_output(struct packer *packer, size_t size)
{
	int result = io_write_all(packer->out, packer->output, size, NULL);

	return result < 0 ? err_set(packer->err, result, "cannot write: %s", strerror(-result)) : 0;
}

static int turn_zstd(struct packer *packer, size_t size, bool end)
{
	ZSTD_inBuffer in = {packer->input, size, 0};
	size_t left;

	do {
		ZSTD_outBuffer out = {packer->output, BLOCK_SIZE, 0};
		int result;

		left = ZSTD_compressStream2(packer->zstd, &out, &in,
					    end ? ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_isError(left))
			return err_set(packer->err, -EIO, "zstd: %s", ZSTD_getErrorName(left));
		result = write_output(packer, out.pos);
		if (result < 0)
			return result;
	} while (end ? left > 0 : in.pos < in.size);
	return 0;
}

static int turn_gzip(struct packer *packer, size_t size, bool end)
{
	z_stream *gzip = &packer->gzip;
	int result;

	gzip->next_in = (Bytef *)packer->input;
	gzip->avail_in = (uInt)size;
	do {
		gzip->next_out = (Bytef *)packer->output;
		gzip->avail_out = BLOCK_SIZE;
		if (deflate(gzip, end ? Z_FINISH : Z_NO_FLUSH) == Z_STREAM_ERROR)
			return err_set(packer->err, -EIO, "zlib: the stream is broken");
		result = write_output(packer, BLOCK_SIZE - gzip->avail_out);
	} while (result == 0 && gzip->avail_out == 0);
	return result;
}

static int turn_over(struct packer *packer, int (*turn)(struct packer *, size_t, bool))
{
	ssize_t n;

	do {
		int result;

		if (atomic_load_explicit(packer->stop, memory_order_relaxed))
			return err_set(packer->err, -ECANCELED, "stopped");
		n = read(packer->in, packer->input, BLOCK_SIZE);
		if (n < 0 && errno != EINTR)
			return err_set(packer->err, -errno, "cannot read: %s", strerror(errno));
		result = n >= 0 ? turn(packer, (size_t)n, n == 0) : 0;
		if (result < 0)
			return result;
	} while (n != 0);
	return 0;
}

static int pack_zstd(struct packer *packer, int level)
{
	int result = -ENOMEM;

	packer->zstd = ZSTD_createCCtx();
	if (packer->zstd &&
	    !ZSTD_isError(ZSTD_CCtx_setParameter(packer->zstd, ZSTD_c_compressionLevel, level)) &&
	    !ZSTD_isError(ZSTD_CCtx_setParameter(packer->zstd, ZSTD_c_checksumFlag, 1)))
		result = turn_over(packer, turn_zstd);
	else
		(void)err_set(packer->err, -ENOMEM, "zstd: no memory");
	ZSTD_freeCCtx(packer->zstd);
	return result;
}

static int pack_gzip(struct packer *packer, int level)
{
	int result;

	if (deflateInit2(&packer->gzip, level == PACK_LEVEL_DEFAULT ? Z_DEFAULT_COMPRESSION : level,
			 Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return err_set(packer->err, -ENOMEM, "zlib: no memory");
	result = turn_over(packer, turn_gzip);
	(void)deflateEnd(&packer->gzip);
	return result;
}

int pack_file(int in, int out, enum trail_packing packing, int level, const atomic_bool *stop,
	      struct err *err)
{
	struct packer *packer = calloc(1, sizeof(*packer));
	int result;

	if (!packer)
		return err_set(err, -ENOMEM, "no memory");
	packer->in = in;
	packer->out = out;
	packer->stop = stop;
	packer->err = err;
	result = packing == TRAIL_ZSTD ? pack_zstd(packer, level) : pack_gzip(packer, level);
	free(packer);
	return result;
}
