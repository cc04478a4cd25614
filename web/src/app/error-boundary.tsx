import { Component, type ErrorInfo, type ReactNode, Suspense } from 'react';
import { lazyPart } from '@/lib/part';

// Where even that cannot be fetched, a sentence has to do.
const Broken = lazyPart(() => import('./broken').catch(() => ({ default: () => sentence })));

const sentence = <p role="alert">This part of the page broke. Reload the page.</p>;

interface Props {
  /** Another place: what broke may be whole there. */
  place?: string;
  children: ReactNode;
}

interface State {
  error: Error | null;
  stack: string;
  place: string | undefined;
}

/** What broke says so in its own place, and the rest of the page goes on. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: null, stack: '', place: this.props.place };

  static getDerivedStateFromError(error: unknown): Partial<State> {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  static getDerivedStateFromProps({ place }: Props, state: State): Partial<State> | null {
    return place === state.place ? null : { place, error: null, stack: '' };
  }

  override componentDidCatch(_error: unknown, info: ErrorInfo): void {
    this.setState({ stack: info.componentStack ?? '' });
  }

  override render(): ReactNode {
    const { error, stack } = this.state;
    if (!error) return this.props.children;
    return (
      <Suspense fallback={null}>
        <Broken error={error} details={`${error.stack ?? error.message}\n${stack}`} />
      </Suspense>
    );
  }
}
