"""Inner loops to be compiled: the same equations in the same order as in the reference.

Nothing is allocated within a step. Each network of a batch is stepped to the end before the next,
so that its state stays in the processor's cache. `interface` describes the arguments.
"""

from __future__ import annotations

import numpy as np

ROWS = 8  # rows of a low-rank P that are read together


def _from_the_model(*_):
    """Stand for an equation that the model passes."""
    raise NotImplementedError


voltage_change = reset_voltage = decayed = driven = _from_the_model


def advance_spiking(state, weights, inputs, constants, powers, samples, keep_spikes):
    """Advance a batch of spiking networks in place, and fill the samples."""
    c, (fast, slow, cross) = constants, powers
    points, neurons = state.v.shape
    outputs, steps = weights.decoder.shape[1], len(inputs)
    sample_steps, recorded, readout, filtered = samples
    signal = np.empty(weights.feedback.shape[1])
    fired = np.empty(neurons, np.int64)
    above = np.zeros(-(-neurons // 8) * 8, np.int8)
    scratch = np.empty(neurons), above, above.view(np.int64)  # eight flags are read at once
    spikes, found = np.empty((neurons if keep_spikes else 0, 3), np.int64), 0
    for p in range(points):
        v, s, rise = state.v[p], state.synaptic[p], state.synaptic_rise[p]
        r, r_rise, free_at = state.filtered[p], state.filtered_rise[p], state.free_at[p]
        phi, eta = weights.decoder[p], weights.feedback[p]
        sent = weights.outgoing[p if len(weights.outgoing) > 1 else 0]
        for sample in range(readout.shape[1]):
            start, stop = sample * sample_steps, min((sample + 1) * sample_steps, steps)
            x, x_rise = phi @ r, phi @ r_rise
            readout[p, sample] = x
            for i in range(recorded.size):
                filtered[p, sample, i] = r[recorded[i]]
            # R at the end of the block, to which each spike of the block adds its share.
            length = stop - start
            for i in range(neurons):
                r[i], r_rise[i] = decayed(
                    r[i], r_rise[i], fast[length], slow[length], cross[length]
                )
            for k in range(start, stop):
                for d in range(signal.size):
                    signal[d] = x[d] if d < outputs else inputs[k, d - outputs]
                count = _step(v, s, rise, free_at, eta, signal, scratch, fired, k, c)
                for d in range(outputs):
                    x[d], x_rise[d] = decayed(x[d], x_rise[d], c.fast, c.slow, c.cross)
                since = stop - 1 - k
                for q in range(count):
                    j = fired[q]
                    v[j] = reset_voltage(v[j], c.voltage)
                    free_at[j] = k + 1 + c.held_steps
                    for d in range(outputs):
                        x_rise[d] += c.gain * phi[d, j]
                    r[j] += c.gain * cross[since]
                    r_rise[j] += c.gain * slow[since]
                _send(rise, sent, fired, count, weights.kick[p])
                if keep_spikes:
                    if found + count > len(spikes):
                        spikes = np.concatenate((spikes, np.empty_like(spikes)))
                    for q in range(count):
                        spikes[found + q, 0] = p
                        spikes[found + q, 1] = fired[q]
                        spikes[found + q, 2] = k
                    found += count
    return spikes[:found]


def _step(v, s, rise, free_at, eta, signal, scratch, fired, k, c):
    """Step v and the synaptic currents of one network; fill `fired`, and return how many fired."""
    current, above, words = scratch
    current[:] = c.bias
    _feed_back(signal, eta, current)
    for i in range(v.size):  # from 0 and to the end: only such loops become vector instructions
        change = voltage_change(v[i], current[i] + s[i], c.voltage)
        v[i] += change if free_at[i] <= k else 0.0  # no branch: v is written for all
        above[i] = v[i] >= c.v_spike
        s[i], rise[i] = decayed(s[i], rise[i], c.fast, c.slow, c.cross)
    count = 0
    for word in range(words.size):
        if words[word]:
            for i in range(8 * word, min(8 * word + 8, v.size)):
                if above[i] and (c.refires or free_at[i] <= k):
                    fired[count] = i
                    count += 1
    return count


def _feed_back(signal, eta, current):
    """Add what the signals (k,) send through the feedback (k, neuron) to `current` (neuron,)."""
    whole = signal.size - signal.size % 4
    for d in range(0, whole, 4):
        a, b, c, e = signal[d], signal[d + 1], signal[d + 2], signal[d + 3]
        row_a, row_b, row_c, row_e = eta[d], eta[d + 1], eta[d + 2], eta[d + 3]
        for i in range(current.size):
            current[i] += (a * row_a[i] + b * row_b[i]) + (c * row_c[i] + e * row_e[i])
    for d in range(whole, signal.size):
        a, row_a = signal[d], eta[d]
        for i in range(current.size):
            current[i] += a * row_a[i]


def _send(rise, sent, fired, count, kick):
    """Add what the spikes of one network send, two rows at a time."""
    for q in range(0, count - 1, 2):
        first, second = sent[fired[q]], sent[fired[q + 1]]
        for i in range(rise.size):
            rise[i] += kick * (first[i] + second[i])
    if count % 2:
        last = sent[fired[count - 1]]
        for i in range(rise.size):
            rise[i] += kick * last[i]


def rate_currents(synaptic, feedback, signal, bias, current):
    """Fill `current` (point, neuron), mV, from s, and signal (point, k) through the feedback."""
    for p in range(len(current)):
        row = current[p]
        for i in range(row.size):
            row[i] = synaptic[p, i] + bias
        _feed_back(signal[p], feedback[p], row)


def readouts(decoder, filtered, x):
    """Fill x (point, output) with phi R of each network."""
    for p in range(len(x)):
        np.dot(decoder[p], filtered[p], x[p])


def drive_synapses(state, now, before, per_step, m):
    """Step the synapses of a batch of rate networks in place."""
    m = ((m[0, 0], m[0, 1], m[0, 2], m[0, 3]), (m[1, 0], m[1, 1], m[1, 2], m[1, 3]))
    for p in range(len(state[0])):
        s, rise, r, r_rise = state[0][p], state[1][p], state[2][p], state[3][p]
        rate, drive, rate_before, drive_before = now[0][p], now[1][p], before[0][p], before[1][p]
        for i in range(s.size):
            slope = (drive[i] - drive_before[i]) * per_step
            s[i], rise[i] = driven(s[i], rise[i], drive[i], slope, m)
            slope = (rate[i] - rate_before[i]) * per_step
            r[i], r_rise[i] = driven(r[i], r_rise[i], rate[i], slope, m)


def weighted_rows(outgoing, rate, drive):
    """Fill `drive` (point, neuron) with the weighted sums of rows, skipping silent neurons.

    Parameters
    ----------
    outgoing : (1 or point, neuron, neuron), row j what neuron j sends
    rate : (point, neuron)
    """
    active = np.empty(rate.shape[1], np.int64)
    for p in range(len(rate)):
        rows, f, total = outgoing[p if len(outgoing) > 1 else 0], rate[p], drive[p]
        count = 0
        for j in range(f.size):
            if f[j] != 0.0:
                active[count] = j
                count += 1
        total[:] = 0.0
        whole = count - count % 4
        for q in range(0, whole, 4):
            a, b, c, d = active[q], active[q + 1], active[q + 2], active[q + 3]
            row_a, row_b, row_c, row_d = rows[a], rows[b], rows[c], rows[d]
            for i in range(total.size):
                total[i] += (f[a] * row_a[i] + f[b] * row_b[i]) + (
                    f[c] * row_c[i] + f[d] * row_d[i]
                )
        for q in range(whole, count):
            a, row_a = active[q], rows[active[q]]
            for i in range(total.size):
                total[i] += f[a] * row_a[i]


def low_rank_gain(rows, done, alpha, regressor, gain):
    """Fill `gain` (point, neuron) with c k of an update, and store its row of U.

    Parameters
    ----------
    rows : (point, row, neuron), of which the first `done` are U
    alpha : (point,)
    regressor : (point, neuron)
    """
    inner = np.empty(ROWS)
    for p in range(len(rows)):
        u, r, k = rows[p], regressor[p], gain[p]
        for i in range(r.size):
            k[i] = alpha[p] * r[i]
        whole = done - done % ROWS
        for q in range(0, whole, ROWS):
            block = u[q : q + ROWS]
            np.dot(block, r, inner)
            _subtract_rows(k, block, inner)
        for q in range(whole, done):
            row = u[q]
            share = np.dot(row, r)
            for i in range(k.size):
                k[i] -= share * row[i]
        c = 1.0 / (1.0 + np.dot(r, k))
        row = u[done]
        for i in range(k.size):
            row[i] = np.sqrt(c) * k[i]
            k[i] *= c


def _subtract_rows(k, block, inner):
    """Subtract ROWS weighted rows from k in one pass over it."""
    a, b, c, d = inner[0], inner[1], inner[2], inner[3]
    e, f, g, h = inner[4], inner[5], inner[6], inner[7]
    for i in range(k.size):
        first = (a * block[0, i] + b * block[1, i]) + (c * block[2, i] + d * block[3, i])
        second = (e * block[4, i] + f * block[5, i]) + (g * block[6, i] + h * block[7, i])
        k[i] -= first + second
