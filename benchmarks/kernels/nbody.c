/* Five bodies that attract each other, for n steps of a hundredth of a day; the bits of
 * their energy, both halves exclusive or.
 */
#include "kernel.h"

enum { BODIES = 5 };

struct body {
    double x, y, z, vx, vy, vz, mass;
};

static struct body bodies[BODIES];

static void set_up(void) {
    for (int index = 0; index < BODIES; index++) {
        struct body *body = bodies + index;
        double far = index ? 3.0 * index + 1.5 : 0.0;
        body->x = far;
        body->y = 0.25 * far;
        body->z = -0.0625 * far;
        body->vx = -0.03125 * index;
        body->vy = index ? 6.0 / (index + 1.0) : 0.0;
        body->vz = 0.015625 * index;
        body->mass = index ? 0.005 / index : 39.5;
    }
}

static void advance(double time) {
    for (int first = 0; first < BODIES; first++) {
        struct body *a = bodies + first;
        for (int second = first + 1; second < BODIES; second++) {
            struct body *b = bodies + second;
            double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
            double squared = dx * dx + dy * dy + dz * dz;
            double pull = time / (squared * __builtin_sqrt(squared));
            a->vx -= dx * b->mass * pull;
            a->vy -= dy * b->mass * pull;
            a->vz -= dz * b->mass * pull;
            b->vx += dx * a->mass * pull;
            b->vy += dy * a->mass * pull;
            b->vz += dz * a->mass * pull;
        }
    }
    for (int index = 0; index < BODIES; index++) {
        struct body *body = bodies + index;
        body->x += time * body->vx;
        body->y += time * body->vy;
        body->z += time * body->vz;
    }
}

static double energy(void) {
    double sum = 0;
    for (int first = 0; first < BODIES; first++) {
        const struct body *a = bodies + first;
        sum += 0.5 * a->mass * (a->vx * a->vx + a->vy * a->vy + a->vz * a->vz);
        for (int second = first + 1; second < BODIES; second++) {
            const struct body *b = bodies + second;
            double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
            sum -= a->mass * b->mass / __builtin_sqrt(dx * dx + dy * dy + dz * dz);
        }
    }
    return sum;
}

EXPORT(run) uint32_t run(uint32_t n) {
    union {
        double number;
        uint64_t bits;
    } result;
    set_up();
    while (n--)
        advance(0.01);
    result.number = energy();
    return (uint32_t)(result.bits ^ result.bits >> 32);
}
