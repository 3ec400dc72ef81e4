/* Three spheres seen by n by n rays, in floats of 32 bits; the sum of the brightness of
 * all, of 0 to 255 each.
 */
#include "kernel.h"

struct vector {
    float x, y, z;
};

static float dot(struct vector a, struct vector b) {
    return a.x * b.x + a.y * b.y + a.z * b.z;
}

static struct vector along(struct vector start, struct vector way, float far) {
    return (struct vector){start.x + way.x * far, start.y + way.y * far,
                           start.z + way.z * far};
}

static struct vector of_length_one(struct vector a) {
    float scale = 1.0f / __builtin_sqrtf(dot(a, a));
    return (struct vector){a.x * scale, a.y * scale, a.z * scale};
}

static float brightness(struct vector way) {
    static const struct vector centres[3] = {{-1, 0, 4}, {0.75f, 0.5f, 3}, {0, -1, 5}};
    static const float radii[3] = {1, 0.5f, 1.25f};
    struct vector eye = {0, 0, 0}, light = of_length_one((struct vector){1, 2, -1.5f});
    float nearest = 1000, found = 0;
    for (int index = 0; index < 3; index++) {
        float middle = dot(centres[index], way);
        float rest = middle * middle - dot(centres[index], centres[index]) +
                     radii[index] * radii[index];
        float far = rest < 0 ? 0 : middle - __builtin_sqrtf(rest);
        if (far <= 0.001f || far >= nearest)
            continue;
        nearest = far;
        found = dot(of_length_one(along(along(eye, way, far), centres[index], -1)), light);
        found = found < 0.1f ? 0.1f : found;
    }
    return found;
}

EXPORT(run) uint32_t run(uint32_t n) {
    uint32_t sum = 0;
    float size = (float)n;
    for (uint32_t row = 0; row < n; row++)
        for (uint32_t column = 0; column < n; column++) {
            struct vector way = {2 * (float)column / size - 1, 1 - 2 * (float)row / size,
                                 1.5f};
            sum += (uint32_t)(255 * brightness(of_length_one(way)));
        }
    return sum;
}
