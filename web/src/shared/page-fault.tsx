import { Component, type ReactNode } from 'react';

interface PageFaultProps {
  readonly children: ReactNode;
}

/** Shows what went wrong while a page was drawn, where React alone would leave an empty window. */
export class PageFault extends Component<PageFaultProps, { readonly message: string | null }> {
  override state = { message: null };

  static getDerivedStateFromError(error: unknown): { message: string } {
    return { message: error instanceof Error ? error.message : String(error) };
  }

  override render(): ReactNode {
    const { message } = this.state;
    if (message === null) return this.props.children;
    return (
      <pre className="notice error" role="alert">
        This page can not be shown: {message}
      </pre>
    );
  }
}
