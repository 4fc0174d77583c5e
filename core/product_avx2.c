/* The product's loops for AVX2 with FMA: built with -mavx2 -mfma. */
#if defined(__x86_64__)
#define KERNELS agi_product_avx2
#define FLOAT_LANES 8
#define DOUBLE_LANES 4
#define TILE_VECTORS 2
#define DOT_ROWS 2
#define TILE_ROWS 6
#define DIRECT_ROWS 6
#include "product_kernels.inc"
#endif
