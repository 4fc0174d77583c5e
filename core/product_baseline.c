/* The product's loops for the instruction set that every machine of the kind has. */
#define KERNELS agi_product_baseline
#define FLOAT_LANES 4
#define DOUBLE_LANES 2
#define TILE_VECTORS 2
#define DOT_ROWS 2
#if defined(__aarch64__)
#define TILE_ROWS 12
#define DIRECT_ROWS 8
#else
#define TILE_ROWS 4
#define DIRECT_ROWS 4
#endif
#include "product_kernels.inc"
