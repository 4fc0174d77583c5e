/* The elementary functions of the inner loops, as agi_NAME_f32(float) and agi_NAME_f64(double):
 *   exp exp2 expm1, log log1p log2 log10, sin cos tan, asin acos atan atan2(y, x),
 *   tanh sinh cosh, erf normal_cdf normal_pdf, sigmoid silu softplus gelu gelu_tanh, pow(x, y).
 * Branch-free, to be called in a plain loop that the compiler vectorises; float_bits.h says how
 * the file that does so is compiled. Within 2 ULP of the true value for every argument, denormals
 * included, but normal_cdf within 10 and gelu_tanh within 3 (in the tails too, where PyTorch's
 * lose all digits), and gelu within 4 ULP of x. Signed zeros, infinities and NaN as C99 and
 * PyTorch have them. sin, cos and tan have array forms, which are right for huge arguments too.
 */
#ifndef AGI_ELEMENTARY_ELEMENTARY_H
#define AGI_ELEMENTARY_ELEMENTARY_H

#include "activation.h"
#include "error_function.h"
#include "exponential.h"
#include "hyperbolic.h"
#include "inverse_trigonometric.h"
#include "logarithm.h"
#include "power.h"
#include "trigonometric.h"

#endif
