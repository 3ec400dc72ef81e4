/* The Mandelbrot set on a grid of n by n points: the sum of the steps that each takes to
 * leave the circle of radius 2, at most 50.
 */
#include "kernel.h"

EXPORT(run) uint32_t run(uint32_t n) {
    uint32_t sum = 0;
    for (uint32_t row = 0; row < n; row++) {
        double imaginary = 2.0 * row / n - 1.0;
        for (uint32_t column = 0; column < n; column++) {
            double real = 2.0 * column / n - 1.5;
            double x = 0, y = 0;
            uint32_t steps = 0;
            while (steps < 50 && x * x + y * y <= 4.0) {
                double next = x * x - y * y + real;
                y = 2.0 * x * y + imaginary;
                x = next;
                steps++;
            }
            sum += steps;
        }
    }
    return sum;
}
