import { render, screen } from '@testing-library/react';
import { beforeEach, expect, it, vi } from 'vitest';
import { ErrorBoundary } from './error-boundary';

beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(() => undefined));

function Part({ broken }: { broken: boolean }) {
  if (broken) throw new Error('a cog is missing');
  return <p>whole</p>;
}

const at = (place: string, broken: boolean) => (
  <>
    <nav>list</nav>
    <ErrorBoundary place={place}>
      <Part broken={broken} />
    </ErrorBoundary>
  </>
);

it('shows what broke in its own place, with a way on, until one goes elsewhere', async () => {
  const { rerender } = render(at('/a', true));
  expect(await screen.findByRole('alert')).toHaveTextContent('This part of the page broke');
  expect(screen.getByText('a cog is missing')).toBeVisible();
  expect(screen.getByRole('button', { name: 'Reload' })).toBeVisible();
  expect(screen.getByText('list')).toBeVisible();
  rerender(at('/a', false));
  expect(screen.getByRole('alert')).toBeVisible();
  rerender(at('/b', false));
  expect(screen.getByText('whole')).toBeVisible();
  expect(screen.queryByRole('alert')).toBeNull();
});

it('says so, too, of what is thrown and is no error', async () => {
  const Odd = () => {
    throw 'odd';
  };
  render(
    <ErrorBoundary>
      <Odd />
    </ErrorBoundary>,
  );
  expect(await screen.findByText('odd')).toBeVisible();
});
