import { act, render, screen } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { Palette, type PaletteEntry } from './palette';

function entry(label: string, run: () => void): PaletteEntry {
  return { id: label, group: 'Sessions', label, detail: '', first: true, icon: null, run };
}

/** Types as a browser does, without waiting for what the page makes of it. */
function type(field: HTMLInputElement, text: string) {
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set?.call(field, text);
  field.dispatchEvent(new Event('input', { bubbles: true }));
}

it('Enter right behind the last letter chooses what was typed, not what is still shown', async () => {
  const [first, second] = [vi.fn(), vi.fn()];
  const close = vi.fn();
  const entries = [entry('Alpha', first), entry('Beta', second)];
  const { rerender } = render(<Palette entries={entries} onClose={close} />);
  const field = screen.getByRole<HTMLInputElement>('combobox');
  await act(async () => {
    type(field, 'beta');
    field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
  });
  expect(close).toHaveBeenCalledOnce();
  rerender(<></>);
  await vi.waitFor(() => expect([...first.mock.calls, ...second.mock.calls]).toHaveLength(1));
  expect(second).toHaveBeenCalledOnce();
});
