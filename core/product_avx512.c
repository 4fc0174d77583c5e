/* The product's loops for AVX-512: built with -mavx512f -mavx512vl -mavx512dq -mavx512bw -mfma. */
#if defined(__x86_64__)
#define KERNELS agi_product_avx512
#define FLOAT_LANES 16
#define DOUBLE_LANES 8
#define TILE_VECTORS 2
#define DOT_ROWS 4
#define TILE_ROWS 14
#define DIRECT_ROWS 8
#include "product_kernels.inc"
#endif
