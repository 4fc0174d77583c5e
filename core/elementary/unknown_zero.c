#include "float_bits.h"

const double agi_unknown_zero = -0.0;
